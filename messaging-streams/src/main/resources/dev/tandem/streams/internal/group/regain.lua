-- Makes entries pending again in a group that was created anew, where they are not.
-- KEYS: stream, due, dead, told, quotas. ARGV: group, consumer they shall be pending under, orphaned consumer,
-- parked consumer, mark the group is known by now, then id and delivery count of each. Under the
-- parked consumer comes only what waits in the sorted set.
-- Result: 0 if it is yet another group by now, 1 if not; {ids whose data is gone}. What waited for a
-- retry and has no data is a dead letter now.
local stream, group, consumer = KEYS[1], ARGV[1], ARGV[2]
if mark_of(stream, group) ~= ARGV[5] then
  return {0, {}}
end
local parked = consumer == ARGV[4]
local gone = {}
for i = 6, #ARGV, 2 do
  local id, count = ARGV[i], ARGV[i + 1]
  local row = pending(stream, group, id)
  local free = not row or row[2] == ARGV[3] and consumer ~= ARGV[3]
  if free and not (parked and not redis.call('ZSCORE', KEYS[2], id)) then
    if fields_of(stream, id) then
      redis.call(
        'XCLAIM', stream, group, consumer, 0, id, 'RETRYCOUNT', count, 'FORCE', 'JUSTID')
    elseif not parked then
      gone[#gone + 1] = id
    elseif told_by(KEYS[4], id) then
      redis.call('ZREM', KEYS[2], id)
    elseif not open_fate(KEYS[4], id) -- otherwise it is left to its holder until it is due
        and not bury(stream, group, KEYS[3], id, 'PAYLOAD_LOST', count, '', '', {}) then
      redis.call('ZREM', KEYS[2], id)
      gone[#gone + 1] = id
    end
  end
end
return {1, gone}
