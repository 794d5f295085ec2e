-- Takes entries whose retry is due; their count grows by one. What was left to its holder after the group
-- was lost with the data becomes a dead letter, if nothing was heard of it; and nothing if its holder
-- came back without it, for then it was done with.
-- KEYS: stream, due, dead, told, quotas. ARGV: group, consumer, parked consumer, mark, most entries, most bytes
-- (one entry may be larger).
-- Result: {{id, count, fields}…}, {ids whose data is gone, now dead letters}, ms until the next one
-- is due (-1: none waits), error text, 1 if this is not the group of that mark, so that what waits
-- has to be given back to it first.
local time = now()
local taken, lost, failure, changed = {}, {}, '', 0
local ids, bytes = {}, 0

local consumers -- listed once, and only if somebody's return decides
local function is_back(holder)
  if not consumers then
    consumers = {}
    for _, info in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
      consumers[value_of(info, 'name')] = true
    end
  end
  return consumers[back_mark(holder)]
end

-- Makes a dead letter of an entry without data; whether it could.
local function lose(id, deliveries)
  local refused = bury(KEYS[1], ARGV[1], KEYS[3], id, 'PAYLOAD_LOST', deliveries, '', '', {})
  if refused then
    failure = refused.err
    return false
  end
  lost[#lost + 1] = id
  return true
end

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
    elseif not lose(id, row[4]) then
      break
    end
  elseif not row then
    local deliveries, holder, is_held = open_fate(KEYS[4], id)
    if deliveries and not is_held and is_back(holder) then
      redis.call('HDEL', KEYS[4], id)
    elseif deliveries then
      if not lose(id, deliveries) then break end
      tell(KEYS[4], id, ARGV[2])
    end
  end
  redis.call('ZREM', KEYS[2], id)
end
local first = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
local wait = first[2] and math.max(0, math.floor(first[2] - time)) or -1
return {taken, lost, wait, failure, changed}
