-- Makes deliveries those of another consumer, as one more delivery each; those of a consumer only, if
-- asked for.
-- KEYS: stream. ARGV: group, parked consumer, new consumer, whose (empty: anybody's), least idle time
-- in ms, then ids.
-- Result: for each in turn 1 claimed, 2 waits for a retry and still does, 3 not idle for so long,
-- 4 its data is gone, a sweep reports it, 0 not pending, or not of that consumer.
local result = {}
for i = 6, #ARGV do
  local id = ARGV[i]
  local row = pending(KEYS[1], ARGV[1], id)
  local outcome = 1
  if not row or ARGV[4] ~= '' and row[2] ~= ARGV[4] then
    outcome = 0
  elseif row[2] == ARGV[2] then
    outcome = 2
  elseif row[3] < tonumber(ARGV[5]) then
    outcome = 3
  elseif not fields_of(KEYS[1], id) then
    outcome = 4
  else
    local count = string.format('%.0f', row[4] + 1)
    redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[3], 0, id, 'RETRYCOUNT', count, 'JUSTID')
  end
  result[#result + 1] = outcome
end
return result
