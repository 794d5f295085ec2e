-- Creates a group if it is missing, and gives it back what is known to have been pending in it.
-- KEYS: stream, due, dead. ARGV: group, consumer, parked consumer, position (the group gets what comes
-- after: $, an id where the group is known to have stood, or = and an id that was asked for), then id
-- and delivery count of each delivery that the consumer holds.
-- Result: 1 if the group was created, its position, {held ids whose data is gone}, {ids that waited
-- for a retry and whose data is gone, now dead letters}.

-- Whether one id lies before another; as texts, for Lua's numbers are too small.
local function before(a, b)
  local a_time, a_number = string.match(a, '^(%d+)%-?(%d*)$')
  local b_time, b_number = string.match(b, '^(%d+)%-?(%d*)$')
  if #a_time ~= #b_time then return #a_time < #b_time end
  if a_time ~= b_time then return a_time < b_time end
  if #a_number ~= #b_number then return #a_number < #b_number end
  return a_number < b_number
end

local function value_of(info, name)
  for i = 1, #info, 2 do
    if info[i] == name then return info[i + 1] end
  end
end

local stream, group, position = KEYS[1], ARGV[1], ARGV[4]
local exists = redis.call('EXISTS', stream) == 1

-- The last id delivered to the group, or nil if there is no such group.
local function last_delivered()
  for _, info in ipairs(exists and redis.call('XINFO', 'GROUPS', stream) or {}) do
    if value_of(info, 'name') == group then return value_of(info, 'last-delivered-id') end
  end
end

if string.sub(position, 1, 1) == '=' then
  position = string.sub(position, 2) -- also where the stream has not come yet
elseif position ~= '$' then
  if not exists
      or before(value_of(redis.call('XINFO', 'STREAM', stream), 'last-generated-id'), position) then
    position = '0-0'
  end
end
-- Looked for first: a server that is out of memory lets nobody create, not even what exists.
local created = 0
if not last_delivered() then
  redis.call('XGROUP', 'CREATE', stream, group, position, 'MKSTREAM')
  exists, created = true, 1
end

local gone, lost = {}, {}
if created == 1 then
  for _, id in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
    if fields_of(stream, id) then
      redis.call('XCLAIM', stream, group, ARGV[3], 0, id, 'RETRYCOUNT', 1, 'FORCE', 'JUSTID')
    elseif not bury(stream, group, KEYS[3], id, 'PAYLOAD_LOST', 1, '', '', {}) then
      redis.call('ZREM', KEYS[2], id)
      lost[#lost + 1] = id
    end
  end
end
for i = 5, #ARGV, 2 do
  local id = ARGV[i]
  if not pending(stream, group, id) then
    if fields_of(stream, id) then
      redis.call('XCLAIM', stream, group, ARGV[2], 0, id, 'RETRYCOUNT', ARGV[i + 1], 'FORCE', 'JUSTID')
    else
      gone[#gone + 1] = id
    end
  end
end
return {created, last_delivered(), gone, lost}
