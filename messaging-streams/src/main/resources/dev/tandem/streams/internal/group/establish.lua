-- Creates a group if it is missing, and says which group it is.
-- KEYS: stream, due, account. ARGV: group, position (the group gets what comes after: $, an id where the
-- group is known to have stood, or = and an id that was asked for), a mark that no group has had, the
-- first id that this consumer may have to give back to a group that was made again (empty: it knows of
-- nothing that was pending), what the names in the account begin with, this consumer, for how many ms
-- those that know of nothing leave it to this consumer to give that back, 1 if a stream that is missing is
-- not to be made.
-- Result: 1 if the group was created, its position, its mark, 1 if everything that was known of the
-- group before it was given back to it, 1 if there was one before that is remembered, the first id of
-- what somebody began to give back and has not finished (empty: nothing), ms to wait for who does so
-- (0: none); -1 in the first place if the stream is missing, and nothing was done. The mark is empty, and the caller has to give back what is known to have been pending and
-- to mark the group then, if it has none and there may be something to give back; who knows of nothing
-- has to give back all from that first id on. If there is to wait, nothing was done.
local stream, group, position, account = KEYS[1], ARGV[1], ARGV[2], KEYS[3]
local knows_nothing, consumer = ARGV[4] == '', ARGV[6]
local note = ARGV[5] .. 'restoring:' .. group
local first, stood, by, at, patience =
  string.match(noted(account, note), '^(%S+) (%S+) (%S+) (%d+) (%d+)$')
if knows_nothing and first then
  local left = by ~= consumer and patience - math.abs(now() - at) or 0
  if left > 0 then return {0, '0-0', '', 0, 0, first, left} end
  position = stood
end
local exists = redis.call('EXISTS', stream) == 1
if not exists and ARGV[8] == '1' then return {-1} end

-- The last id delivered to the group, or nil if there is no such group.
local function last_delivered()
  for _, info in ipairs(exists and redis.call('XINFO', 'GROUPS', stream) or {}) do
    if value_of(info, 'name') == group then return value_of(info, 'last-delivered-id') end
  end
end

-- Notes from where on the group needs what lies before this position, until that is given back: who
-- does so may die, and the others would not know. Gives back an error only if there is no memory for it.
local function leave_note(before_id)
  local needs = ARGV[4]
  if needs == '' or first and before(first, needs) then needs = first end
  if not needs or before(before_id, needs) then return end
  local text = string.format('%s %s %s %.0f %s', needs, before_id, consumer, now(), ARGV[7])
  local written = redis.pcall('HSET', account, note, text)
  if type(written) == 'table' and not string.find(written.err, 'WRONGTYPE', 1, true) then
    return written
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
local created, current = 0, last_delivered()
if not current then
  -- The note first: without it the group must not be there.
  local refused = leave_note(position)
  if refused then return refused end
  redis.call('XGROUP', 'CREATE', stream, group, position, 'MKSTREAM')
  exists, created = true, 1
  if was_there or not knows_nothing then note_loss(account, ARGV[5]) end
elseif first or mark_of(stream, group) == '' then
  redis.pcall('HDEL', account, 'nothing') -- after any write, Redis allows more if it is out of memory
  leave_note(current)
end
local mark = mark_of(stream, group)
local waiting = redis.pcall('ZCARD', KEYS[2]) -- an error if something else is in its way
local nothing_waits = type(waiting) == 'table' or waiting == 0
if mark == '' and knows_nothing and not first and nothing_waits then
  redis.pcall('XGROUP', 'CREATECONSUMER', stream, group, ARGV[3])
  mark = mark_of(stream, group)
  if mark ~= '' then redis.pcall('HSETNX', account, ARGV[5] .. 'mark:' .. group, mark) end
end
local is_restored = mark ~= '' and noted(account, ARGV[5] .. 'restored:' .. group) == mark
return {
  created, last_delivered(), mark, is_restored and 1 or 0, was_there and 1 or 0, first or '', 0,
}
