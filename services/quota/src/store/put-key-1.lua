-- put-key-1.lua: whose key this is, or that it is nobody's
-- KEYS: bucket
-- ARGV: epoch, key_hash, state, student, course, ttl_s
-- REPLIES: put, kept, closed
--
-- state: unknown, owner or revoked. In Postgres a key only ever moves in this direction, so the copy does as well,
-- whatever the order of arrival: a slow loader that read the key before it was revoked cannot bring it back.
-- epoch: the one under which the caller read Postgres; empty: the caller has just written to Postgres.
-- closed: the bucket has another epoch or none, so there is no copy that must be replaced.

local bucket = KEYS[1]
local epoch = redis.call('GET', bucket .. ':epoch')
if not epoch or (ARGV[1] ~= '' and ARGV[1] ~= epoch) then
  return { 'closed' }
end

local rank = { unknown = 1, owner = 2, revoked = 3 }
local key_name = bucket .. ':key:' .. ARGV[2]
local present = redis.call('HMGET', key_name, 'epoch', 'state')
if present[1] == epoch and rank[present[2]] >= rank[ARGV[3]] then
  return { 'kept' }
end
redis.call('HSET', key_name, 'epoch', epoch, 'state', ARGV[3], 'student', ARGV[4], 'course', ARGV[5])
redis.call('EXPIRE', key_name, ARGV[6])
return { 'put' }
