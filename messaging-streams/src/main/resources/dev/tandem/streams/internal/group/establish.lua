-- Creates a group if it is missing, and says which group it is.
-- KEYS: stream, due, account. ARGV: group, position (the group gets what comes after: $, an id where the
-- group is known to have stood, or = and an id that was asked for), a mark that no group has had, 1 if
-- this consumer knows of nothing that was pending, what the names in the account begin with.
-- Result: 1 if the group was created, its position, its mark, 1 if everything that was known of the
-- group before it was given back to it, 1 if there was one before that is remembered. The mark is
-- empty, and the caller has to give back what is known to have been pending and to mark the group then,
-- if it has none and there may be something to give back.
local stream, group, position, account = KEYS[1], ARGV[1], ARGV[2], KEYS[3]
local knows_nothing = ARGV[4] == '1'
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
local was_there = noted(account, ARGV[5] .. 'mark:' .. group) ~= ''
-- Looked for first: a server that is out of memory lets nobody create, not even what exists.
local created = 0
if not last_delivered() then
  redis.call('XGROUP', 'CREATE', stream, group, position, 'MKSTREAM')
  exists, created = true, 1
  if was_there or not knows_nothing then note_loss(account, ARGV[5]) end
end
local mark = mark_of(stream, group)
local waiting = redis.pcall('ZCARD', KEYS[2]) -- an error if something else is in its way
if mark == '' and knows_nothing and (type(waiting) == 'table' or waiting == 0) then
  redis.pcall('XGROUP', 'CREATECONSUMER', stream, group, ARGV[3])
  mark = mark_of(stream, group)
  if mark ~= '' then redis.pcall('HSETNX', account, ARGV[5] .. 'mark:' .. group, mark) end
end
local is_restored = mark ~= '' and noted(account, ARGV[5] .. 'restored:' .. group) == mark
return {created, last_delivered(), mark, is_restored and 1 or 0, was_there and 1 or 0}
