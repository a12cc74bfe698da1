-- One end of each reservation, whoever writes at the same moment: of the three kinds only an expiry and a settlement are in
-- no index together, for a settlement may follow an expiry.
DROP INDEX ledger_entries_reservation_id_kind_key;
CREATE UNIQUE INDEX ledger_entries_settle_or_release_key ON ledger_entries (reservation_id) WHERE kind IN ('settle', 'release');
CREATE UNIQUE INDEX ledger_entries_expire_or_release_key ON ledger_entries (reservation_id) WHERE kind IN ('expire', 'release');
