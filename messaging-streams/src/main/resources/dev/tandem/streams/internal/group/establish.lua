-- Creates a group if it is missing, and says which group it is.
-- KEYS: stream, due. ARGV: group, position (the group gets what comes after: $, an id where the group is
-- known to have stood, or = and an id that was asked for), a mark that no group has had, and 1 if this
-- consumer knows of nothing that was pending.
-- Result: 1 if the group was created, its position, its mark. The mark is empty, and the caller has
-- to give back what is known to have been pending and to mark the group then, if it has none and
-- there may be something to give back.
local stream, group, position = KEYS[1], ARGV[1], ARGV[2]
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
local mark = mark_of(stream, group)
local waiting = redis.pcall('ZCARD', KEYS[2]) -- an error if something else is in its way
if mark == '' and ARGV[4] == '1' and (type(waiting) == 'table' or waiting == 0) then
  redis.pcall('XGROUP', 'CREATECONSUMER', stream, group, ARGV[3])
  mark = mark_of(stream, group)
end
return {created, last_delivered(), mark}
