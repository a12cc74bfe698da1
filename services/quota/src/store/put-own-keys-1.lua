-- put-own-keys-1.lua: a student's own keys at providers, unless a newer version is there
-- KEYS: bucket
-- ARGV: epoch, student, version, keys, ttl_s
-- REPLIES: put, kept, closed
--
-- keys: JSON, [[provider, key as stored], ...]; one that was removed is not among them
-- epoch: the one under which the caller read Postgres; empty: the caller has just written to Postgres.
-- closed: the bucket has another epoch or none, so there is no copy that must be replaced.

local bucket = KEYS[1]
local epoch = redis.call('GET', bucket .. ':epoch')
if not epoch or (ARGV[1] ~= '' and ARGV[1] ~= epoch) then
  return { 'closed' }
end

local own_name = bucket .. ':own:' .. ARGV[2]
local present = redis.call('HMGET', own_name, 'epoch', 'version')
if present[1] == epoch and tonumber(present[2]) >= tonumber(ARGV[3]) then
  return { 'kept' }
end
redis.call('DEL', own_name)
redis.call('HSET', own_name, 'epoch', epoch, 'version', ARGV[3])
for _, key in ipairs(cjson.decode(ARGV[4])) do
  redis.call('HSET', own_name, 'at:' .. key[1], key[2])
end
redis.call('EXPIRE', own_name, ARGV[5])
return { 'put' }
