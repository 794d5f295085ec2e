-- Takes entries whose retry is due; their count grows by one.
-- KEYS: stream, due, dead. ARGV: group, consumer, parked consumer, mark, most entries, most bytes
-- (one entry may be larger).
-- Result: {{id, count, fields}…}, {ids whose data is gone, now dead letters}, ms until the next one
-- is due (-1: none waits), error text, 1 if this is not the group of that mark, so that what waits
-- has to be given back to it first.
local time = now()
local taken, lost, failure, changed = {}, {}, '', 0
local ids, bytes = {}, 0
if tonumber(ARGV[5]) > 0 then
  local due = string.format('%.0f', time)
  ids = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', due, 'LIMIT', 0, ARGV[5])
end
for _, id in ipairs(ids) do
  local row = pending(KEYS[1], ARGV[1], id)
  if not row and ARGV[4] ~= '' and mark_of(KEYS[1], ARGV[1]) ~= ARGV[4] then
    changed = 1
    break
  end
  if row and row[2] == ARGV[3] then
    local fields = fields_of(KEYS[1], id)
    if fields then
      bytes = bytes + size_of(fields)
      if bytes > tonumber(ARGV[6]) and #taken > 0 then
        break
      end
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
return {taken, lost, wait, failure, changed}
