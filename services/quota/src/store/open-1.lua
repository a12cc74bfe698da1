-- open-1.lua: the epoch of a bucket; begins a new one where Redis is empty or is another server than the one that wrote it
-- KEYS: bucket
-- ARGV: deadline_ms
-- REPLIES: open, late
--
-- open: epoch
-- An epoch is `<run id of the server>:<microseconds>`. A restart, a restored file or a failover changes the run id, a
-- flush removes the epoch: every copy in the bucket that carries the old one then counts as missing and is loaded again.

local bucket = KEYS[1]
local deadline_ms = tonumber(ARGV[1])

local time = redis.call('TIME')
if time[1] * 1000 + time[2] / 1000 > deadline_ms then
  return { 'late' }
end

local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
local epoch = redis.call('GET', bucket .. ':epoch')
if not epoch or string.sub(epoch, 1, #run_id) ~= run_id then
  epoch = run_id .. ':' .. time[1] .. string.format('%06d', time[2])
  redis.call('SET', bucket .. ':epoch', epoch)
end
return { 'open', epoch }
