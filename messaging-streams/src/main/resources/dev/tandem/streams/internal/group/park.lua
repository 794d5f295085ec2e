-- Puts a failed delivery aside until it is due again; its count stays.
-- KEYS: stream, due, dead, quotas. ARGV: group, consumer, id, delivery count, mark, delay in ms, parked
-- consumer.
-- Result: 1 put aside, 0 another consumer's, -1 not pending any more, -2 not pending in what is
-- another group of that name, 2 its data is gone, now a dead letter.
local id = ARGV[3]
local owner = ownership(KEYS[1], ARGV[1], id, ARGV[2], ARGV[4], ARGV[5])
if owner ~= 1 then
  return owner
end
if not fields_of(KEYS[1], id) then
  return bury(KEYS[1], ARGV[1], KEYS[3], id, 'PAYLOAD_LOST', ARGV[4], ARGV[2], '', {}) or 2
end
redis.call('ZADD', KEYS[2], string.format('%.0f', now() + ARGV[6]), id)
redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[7], 0, id, 'JUSTID')
return 1
