-- Where a message stands in groups, all at one moment.
-- KEYS: stream, then the due key of each group. ARGV: id, parked consumer, then each group's name.
-- Result: 1 if its data is there, last id ever used, first id there (empty: none), largest id deleted
-- by hand (empty: not known), {{group, last id delivered, consumer (empty: not pending), idle ms,
-- deliveries, due time in ms (empty: none)}…}, 1 if nothing was ever removed (0: or not known);
-- a group that is gone is left out.
local stream, id = KEYS[1], ARGV[1]

local function map_of(flat)
  local map = {}
  for i = 1, #flat, 2 do map[flat[i]] = flat[i + 1] end
  return map
end

if redis.call('EXISTS', stream) == 0 then
  return {0, '0-0', '', '', {}, 0}
end
local info = map_of(redis.call('XINFO', 'STREAM', stream))
local delivered = {}
for _, flat in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
  local group = map_of(flat)
  delivered[group.name] = group['last-delivered-id']
end
local rows = {}
for i = 3, #ARGV do
  local group = ARGV[i]
  if delivered[group] then
    local row = redis.call('XPENDING', stream, group, id, id, 1)[1] or {id, '', 0, 0}
    local due = row[2] == ARGV[2] and redis.call('ZSCORE', KEYS[i - 1], id)
    rows[#rows + 1] = {group, delivered[group], row[2], row[3], row[4], due or ''}
  end
end
return {
  #redis.call('XRANGE', stream, id, id), info['last-generated-id'],
  info['first-entry'] and info['first-entry'][1] or '', info['max-deleted-entry-id'] or '', rows,
  info['entries-added'] == info.length and 1 or 0,
}
