-- Takes deliveries from their consumers, so that any worker may have them at once; counts stay.
-- KEYS: stream. ARGV: group, parked consumer, released consumer, least idle time in ms, then ids.
-- Result: for each in turn 1 handed back, 2 waits for a retry and still does, 3 not idle for so long,
-- 4 its data is gone, a sweep reports it, 0 not pending.
local result = {}
for i = 5, #ARGV do
  local id = ARGV[i]
  local row = pending(KEYS[1], ARGV[1], id)
  local outcome = 1
  if not row then
    outcome = 0
  elseif row[2] == ARGV[2] then
    outcome = 2
  elseif row[3] < tonumber(ARGV[4]) then
    outcome = 3
  elseif not fields_of(KEYS[1], id) then
    outcome = 4
  else
    redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[3], 0, id, 'RETRYCOUNT', row[4], 'JUSTID')
  end
  result[#result + 1] = outcome
end
return result
