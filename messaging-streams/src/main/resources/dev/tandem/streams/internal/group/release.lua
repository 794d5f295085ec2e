-- Hands back deliveries, so that any consumer may take them at once. The count of those that were never
-- started shrinks by one.
-- KEYS: stream. ARGV: group, consumer, released consumer, 1 if they were never started and 0 if they
-- were, then id and delivery count of each.
-- Result: how many were handed back. Entries whose data is gone are left for a sweep to report.
local released = 0
for i = 5, #ARGV, 2 do
  local id = ARGV[i]
  local ours = ownership(KEYS[1], ARGV[1], id, ARGV[2], ARGV[i + 1]) == 1
  if ours and fields_of(KEYS[1], id) then
    local count = math.max(0, ARGV[i + 1] - ARGV[4])
    redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[3], 0, id, 'RETRYCOUNT', count, 'JUSTID')
    released = released + 1
  end
end
return released
