-- A user for each process, in the role that `ledger roles grant` has made, with the password that stands in the environment.
\set ON_ERROR_STOP on
\getenv ingest INGEST_PASSWORD
\getenv projector PROJECTOR_PASSWORD
\getenv auth AUTH_PASSWORD

select format('create user ledger_%1$s in role spend_ledger_%1$s', process)
  from unnest(array['ingest', 'projector', 'auth']) process
  where not exists (select from pg_roles where rolname = 'ledger_' || process)
\gexec

alter user ledger_ingest password :'ingest';
alter user ledger_projector password :'projector';
alter user ledger_auth password :'auth';
