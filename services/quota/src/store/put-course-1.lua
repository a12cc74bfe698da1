-- put-course-1.lua: a course's calendar and limits, unless a newer version is there
-- KEYS: bucket
-- ARGV: epoch, course, version, calendar, models, weights, default_max_tokens, requests_per_minute, parallel_requests,
--   tokens_per_minute, course_parallel_requests, own_keys, answer_cache, rests, ttl_s
-- REPLIES: put, kept, closed
--
-- calendar: `<begin>-<end>:<week>` of each stretch in which the course is open, in milliseconds, with spaces between
-- rests: the same of each in which it is closed
-- models: each name between line feeds; empty: every model
-- weights: `<model> TAB <input> <cached input> <output>` between line feeds, in thousandths of a token
-- tokens_per_minute, course_parallel_requests: empty: no limit
-- own_keys: 1 where students may use keys of their own; answer_cache: `<free or charged> <minutes>`, empty: off
-- epoch: the one under which the caller read Postgres; empty: the caller has just written to Postgres.

local bucket = KEYS[1]
local epoch = redis.call('GET', bucket .. ':epoch')
if not epoch or (ARGV[1] ~= '' and ARGV[1] ~= epoch) then
  return { 'closed' }
end

local course_name = bucket .. ':course:' .. ARGV[2]
-- A copy from before an upgrade lacks one of them: nothing else would ever put it there.
local present = redis.call('HMGET', course_name, 'epoch', 'version', 'calendar', 'rests')
if present[1] == epoch and present[3] and present[4] and tonumber(present[2]) >= tonumber(ARGV[3]) then
  return { 'kept' }
end
redis.call('HSET', course_name, 'epoch', epoch, 'version', ARGV[3], 'calendar', ARGV[4], 'models', ARGV[5], 'weights', ARGV[6],
  'default_max_tokens', ARGV[7], 'requests_per_minute', ARGV[8], 'parallel_requests', ARGV[9], 'tokens_per_minute', ARGV[10],
  'course_parallel_requests', ARGV[11], 'own_keys', ARGV[12], 'answer_cache', ARGV[13],
  'rests', ARGV[14])
redis.call('EXPIRE', course_name, ARGV[15])
return { 'put' }
