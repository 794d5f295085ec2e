-- Takes entries whose retry is due; their count grows by one.
-- KEYS: stream, due, dead. ARGV: group, consumer, parked consumer, most entries.
-- Result: {{id, count, fields}…}, {ids whose data is gone, now dead letters}, ms until the next one
-- is due (-1: none waits), error text.
local time = now()
local taken, lost, failure = {}, {}, ''
local ids = {}
if tonumber(ARGV[4]) > 0 then
  local due = string.format('%.0f', time)
  ids = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', due, 'LIMIT', 0, ARGV[4])
end
for _, id in ipairs(ids) do
  local row = pending(KEYS[1], ARGV[1], id)
  if row and row[2] == ARGV[3] then
    local fields = fields_of(KEYS[1], id)
    if fields then
      redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, id)
      taken[#taken + 1] = {id, row[4] + 1, fields}
    else
      local refused = bury(KEYS[1], ARGV[1], KEYS[3], id, 'PAYLOAD_LOST', row[4], '', '', {})
      if refused then
        failure = refused.err
        break
      end
      lost[#lost + 1] = id
    end
  end
  redis.call('ZREM', KEYS[2], id)
end
local first = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
local wait = first[2] and math.max(0, math.floor(first[2] - time)) or -1
return {taken, lost, wait, failure}
