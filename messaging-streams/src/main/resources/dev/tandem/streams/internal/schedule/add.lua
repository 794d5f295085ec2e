-- Keeps a message that is to be appended to a stream later.
-- KEYS: scheduled, messages, recent. ARGV: id, when it is due in ms ('+<delay>': from now on),
-- furthest delay in ms, most messages that may wait, packed fields.
-- Result: 1 and when it is due, 0 and the server's time if that is too far away, or -1 and how many
-- wait if they are too many.
local id, time = ARGV[1], now()
local due = tonumber(redis.call('ZSCORE', KEYS[1], id) or redis.call('ZSCORE', KEYS[3], id))
if due then
  return {1, due} -- the reply was lost and the call is repeated
end
due = string.sub(ARGV[2], 1, 1) == '+' and time + tonumber(ARGV[2]) or tonumber(ARGV[2])
if due - time > tonumber(ARGV[3]) then
  return {0, time}
end
local waiting = redis.call('ZCARD', KEYS[1])
if waiting >= tonumber(ARGV[4]) then
  return {-1, waiting}
end
redis.call('HSET', KEYS[2], id, string.format('%.0f;', time) .. ARGV[5])
redis.call('ZADD', KEYS[1], string.format('%.0f', due), id)
return {1, due}
