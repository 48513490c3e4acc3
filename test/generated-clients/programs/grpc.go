// A check over gRPC, by what protoc-gen-go makes of the proto. go run ./check HOST:PORT
package main

import (
	"context"
	"fmt"
	"os"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	ledger "spendledger/v1"
)

func main() {
	connection, err := grpc.NewClient(os.Args[1], grpc.WithTransportCredentials(insecure.NewCredentials()))
	must(err)
	scope := &ledger.Scope{Scope: &ledger.Scope_User{User: &ledger.UserScope{UserId: "proto"}}}
	answer, err := ledger.NewBudgetServiceClient(connection).Check(context.Background(), &ledger.CheckRequest{Scope: scope})
	must(err)
	if !answer.Decision.Allowed || !answer.Decision.Unbudgeted {
		panic(answer.String())
	}
	fmt.Println("checked")
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
