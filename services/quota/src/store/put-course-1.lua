-- put-course-1.lua: a course's calendar and limits, unless a newer version is there
-- KEYS: bucket
-- ARGV: epoch, course, version, boundaries_ms, models, default_max_tokens, requests_per_minute, parallel_requests, ttl_s
-- REPLIES: put, kept, closed
--
-- boundaries_ms: the beginnings of all weeks and the end of the last, with spaces between
-- models: each name between line feeds; empty: every model
-- epoch: the one under which the caller read Postgres; empty: the caller has just written to Postgres.

local bucket = KEYS[1]
local epoch = redis.call('GET', bucket .. ':epoch')
if not epoch or (ARGV[1] ~= '' and ARGV[1] ~= epoch) then
  return { 'closed' }
end

local course_name = bucket .. ':course:' .. ARGV[2]
local present = redis.call('HMGET', course_name, 'epoch', 'version')
if present[1] == epoch and tonumber(present[2]) >= tonumber(ARGV[3]) then
  return { 'kept' }
end
redis.call('HSET', course_name, 'epoch', epoch, 'version', ARGV[3], 'boundaries_ms', ARGV[4], 'models', ARGV[5],
  'default_max_tokens', ARGV[6], 'requests_per_minute', ARGV[7], 'parallel_requests', ARGV[8])
redis.call('EXPIRE', course_name, ARGV[9])
return { 'put' }
