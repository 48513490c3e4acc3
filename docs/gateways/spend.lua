-- Asks the ledger before each call, with the call's headers and with as much of its body as HAProxy has buffered, and
-- reports the answer's status and, where its headers say it, its usage. @LEDGER@ is a port, @TOKEN@ a token with the role
-- check. HAProxy 2.6 tries four times: it gives up after four times @TIMEOUT_MS@, which are milliseconds.
local LEDGER = "http://127.0.0.1:@LEDGER@"
local GATEWAY = "haproxy"
local CREDENTIAL = { "Bearer @TOKEN@" }
local NOT_HANDED_ON = { ["host"] = true, ["connection"] = true, ["content-length"] = true, ["transfer-encoding"] = true, ["expect"] = true, ["upgrade"] = true }
local DOWN = '{"error":{"message":"The spend ledger cannot be reached.","type":"server_error","param":null,"code":"ledger_unavailable"}}'

local function post(path, headers, body)
  headers["x-spend-authorization"] = CREDENTIAL
  return core.httpclient():post({ url = LEDGER .. path, headers = headers, body = body, timeout = @TIMEOUT_MS@ })
end

local function answer(txn, status, headers, body)
  txn:done(txn:reply({ status = status, headers = headers, body = body }))
end

core.register_action("spend", { "http-req" }, function(txn)
  local headers = {}
  for name, values in pairs(txn.http:req_get_headers()) do
    if not NOT_HANDED_ON[name] then
      headers[name] = {}
      for i = 0, #values do headers[name][i + 1] = values[i] end
    end
  end
  headers["x-forwarded-method"] = { txn.sf:method() }
  headers["x-forwarded-uri"] = { txn.sf:pathq() }
  headers["x-original-content-length"] = { tostring(txn.sf:req_body_size()) }

  local asked = post("/v1/forward-auth/" .. GATEWAY, headers, txn.sf:req_body())
  if asked == nil or asked.status == 0 or asked.status >= 500 then
    answer(txn, 503, { ["content-type"] = { "application/json" }, ["retry-after"] = { "1" } }, DOWN)
  elseif asked.status ~= 200 then
    local told = {}
    for name, values in pairs(asked.headers) do
      if name == "content-type" or name == "retry-after" or name:find("^x%-s") then told[name] = { values[0] } end
    end
    answer(txn, asked.status, told, asked.body)
  elseif asked.headers["x-spend-hold-id"] then
    txn.http:req_set_header("x-spend-hold-id", asked.headers["x-spend-hold-id"][0])
    txn:set_var("txn.spend_hold", asked.headers["x-spend-hold-id"][0])
  end
end)

core.register_action("spend_report", { "http-res" }, function(txn)
  local hold = txn:get_var("txn.spend_hold")
  if hold == nil then return end
  local answered = txn.http:res_get_headers()
  local function said(name) return answered[name] and { answered[name][0] } end
  local headers = {
    ["x-spend-gateway"] = { GATEWAY },
    ["x-spend-hold-id"] = { hold },
    ["x-spend-status"] = { tostring(txn.sf:status()) },
    ["x-spend-model"] = said("x-usage-model"),
    ["x-spend-input-tokens"] = said("x-usage-input-tokens"),
    ["x-spend-output-tokens"] = said("x-usage-output-tokens"),
  }
  -- The client does not wait for it.
  core.register_task(function() post("/v1/reports", headers) end)
end)
