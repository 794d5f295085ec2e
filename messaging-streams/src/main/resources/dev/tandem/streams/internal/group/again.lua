-- Counts one more delivery of an entry to the consumer that holds it, and renews the lease. Harmless to
-- repeat: what was counted already is not counted twice.
-- KEYS: stream, dead, quotas. ARGV: group, consumer, id, delivery count so far, mark.
-- Result: 1 counted, 0 another consumer's, -1 not pending any more, -2 not pending in what is another
-- group of that name, 2 its data is gone, now a dead letter.
local id, count = ARGV[3], tonumber(ARGV[4])
local row = pending(KEYS[1], ARGV[1], id)
if not row then
  return ownership(KEYS[1], ARGV[1], id, ARGV[2], count, ARGV[5])
end
if row[2] ~= ARGV[2] or row[4] ~= count and row[4] ~= count + 1 then
  return 0
end
if not fields_of(KEYS[1], id) then
  return bury(KEYS[1], ARGV[1], KEYS[2], id, 'PAYLOAD_LOST', count, ARGV[2], '', {}) or 2
end
local counted = string.format('%.0f', count + 1)
redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, id, 'RETRYCOUNT', counted, 'JUSTID')
return 1
