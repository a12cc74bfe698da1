-- snapshot-1.lua: what Redis holds about one account, at one instant; changes nothing
-- KEYS: bucket
-- ARGV: student, week
-- REPLIES: account, absent, closed
--
-- account: epoch of the bucket, epoch of the account, rev, granted, settled, held, then id and charge of each settlement
-- that the ledger has not confirmed
-- absent: epoch of the bucket, '', 0, 0, 0, 0, then the same
-- closed: the bucket has no epoch

local bucket = KEYS[1]
local owner = ARGV[1] .. ':' .. ARGV[2]
local epoch = redis.call('GET', bucket .. ':epoch')
if not epoch then
  return { 'closed' }
end
local pending = redis.call('HGETALL', bucket .. ':pending:' .. owner)
local account = redis.call('HMGET', bucket .. ':account:' .. owner, 'epoch', 'rev', 'granted', 'settled', 'held')
if not account[2] then
  return { 'absent', epoch, '', '0', '0', '0', '0', unpack(pending) }
end
return { 'account', epoch, account[1], account[2], account[3], account[4], account[5], unpack(pending) }
