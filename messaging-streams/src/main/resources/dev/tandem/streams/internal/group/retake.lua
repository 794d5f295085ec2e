-- Takes deliveries that are ours but whose reply never reached us; their count stays.
-- KEYS: stream, dead, quotas. ARGV: group, consumer, then id and delivery count of each.
-- Result: {{id, count, fields}…}, {ids whose data is gone, now dead letters}.
local taken, lost = {}, {}
for i = 3, #ARGV, 2 do
  local id, count = ARGV[i], tonumber(ARGV[i + 1])
  if ownership(KEYS[1], ARGV[1], id, ARGV[2], count) == 1 then
    local fields = fields_of(KEYS[1], id)
    if fields then
      redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, id, 'JUSTID')
      taken[#taken + 1] = {id, count, fields}
    elseif not bury(KEYS[1], ARGV[1], KEYS[2], id, 'PAYLOAD_LOST', count, ARGV[2], '', {}) then
      lost[#lost + 1] = id
    end
  end
end
return {taken, lost}
