-- Takes back a message that is not appended yet.
-- KEYS: scheduled, messages, recent. ARGV: id, name of the call.
-- Result: 1 taken back, 0 it did not wait.
local time, call = now(), ARGV[2] .. ' ' .. ARGV[1]
if redis.call('ZSCORE', KEYS[3], call) then
  return 1 -- the reply was lost and the call is repeated
end
forget(KEYS[3], time)
local waited = redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[2], ARGV[1])
if waited == 1 then
  remember(KEYS[3], call, time)
end
return waited
