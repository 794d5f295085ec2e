-- Removes the oldest entries of a stream, as far as its policy allows, and keeps account of what
-- groups lose by it. Payloads are not read, apart from those of one node of the stream at most.
-- KEYS: stream, trim. ARGV: policy (acknowledged, length, age, before), its measure (most entries
-- that abandoned groups may pin, entries to keep, age in ms, first id to keep), time in ms after
-- which a group counts as abandoned, most entries to remove, 1 to remove nothing and only tell.
-- Result: entries removed, 1 if there may be more to remove, entries left, cut below which
-- entries may be lost to groups (empty: none), how many entries to keep all the same, cut below which
-- no group needs anything (empty: none), {{group, unread entries lost, pending entries lost,
-- 1 abandoned, 1 needs the oldest entry, last id delivered}…}, {groups found lost now}.
local stream, account = KEYS[1], KEYS[2]
local policy, measure, patience, most, dry = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5] == '1'
local EVERYTHING = '18446744073709551615-18446744073709551615'

local function map_of(info)
  local map = {}
  for i = 1, #info, 2 do map[info[i]] = info[i + 1] end
  return map
end

if redis.call('EXISTS', stream) == 0 then
  return {0, 0, 0, '', 0, '', {}, {}}
end

-- Memory is freed at about 1 ms for each MiB, so fewer entries are removed where they are large.
local bytes = redis.pcall('MEMORY', 'USAGE', stream) -- not every user may ask
if type(bytes) == 'number' then
  local each = bytes / math.max(1, redis.call('XLEN', stream))
  most = math.min(most, math.max(16, math.floor(4194304 / each)))
end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function id_at(millis)
  return string.format('%.0f-0', math.max(0, millis))
end

-- Each group with the first id that it still needs: of what is pending, or to be read next.
local groups = {}
for _, info in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
  local group = map_of(info)
  group.delivered = group['last-delivered-id']
  group.unread_from = after(group.delivered)
  group.needs = group.unread_from
  if group.pending > 0 then
    local oldest = redis.call('XPENDING', stream, group.name, '-', '+', 1)[1]
    if oldest and before(oldest[1], group.needs) then group.needs = oldest[1] end
  end
  -- What is still to be given back to it counts as unread.
  local first = restoring(account, group.name)
  if first and before(first, group.unread_from) then
    group.unread_from = first
    if before(first, group.needs) then group.needs = first end
  end
  group.unread, group.lost = 0, 0
  groups[#groups + 1] = group
end

local function first_id()
  local entry = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
  return entry and entry[1]
end

local known, held, found_lost, missing_needs = {}, false, {}, nil
if policy == 'acknowledged' then
  known = map_of(redis.call('HGETALL', account))
  held, found_lost =
    watch_marks(stream, groups, account, known, now, tonumber(ARGV[6]), dry)
  missing_needs = needed_by_missing(account, groups, known, now, tonumber(patience), dry)
end

-- Whether no consumer of a group has done anything for so long, although there was something to do.
-- Where a group has no consumers, its position must have stood still since trimming first saw it so.
local function watch(group)
  local seen = known['quiet:' .. group.name]
  if group.consumers > 0 then
    if seen and not dry then redis.call('HDEL', account, 'quiet:' .. group.name) end
  elseif seen and string.match(seen, '^%S+') == group.delivered then
    group.quiet_since = tonumber(string.match(seen, '%S+$'))
  elseif not dry then
    local mark = string.format('%s %.0f', group.delivered, now)
    redis.pcall('HSET', account, 'quiet:' .. group.name, mark) -- may wait if memory is short
  end
end

local function is_abandoned(group, oldest)
  if not before(oldest, id_at(now - patience)) then return false end
  if group.consumers == 0 then
    return group.quiet_since ~= nil and now - group.quiet_since >= tonumber(patience)
  end
  for _, info in ipairs(redis.call('XINFO', 'CONSUMERS', stream, group.name)) do
    if map_of(info).idle < tonumber(patience) then return false end
  end
  return true
end

-- Removes up to so many entries below the mark, whole nodes first and then some of the first node.
local function remove_below(mark, room)
  local count = redis.call('XTRIM', stream, 'MINID', '~', mark, 'LIMIT', room)
  if count < room then
    local rest = redis.call('XRANGE', stream, '-', '(' .. mark, 'COUNT', room - count)
    if #rest > 0 then
      count = count + redis.call('XTRIM', stream, 'MINID', '=', after(rest[#rest][1]))
    end
  end
  return count
end

-- Removes up to so many entries below the cut. Goes from one group's position to the next, so that
-- the number removed in between tells how many each group had not read.
local function remove(cut, room)
  local marks = {cut}
  for _, group in ipairs(groups) do
    if before(group.unread_from, cut) then marks[#marks + 1] = group.unread_from end
  end
  table.sort(marks, before)
  local removed = 0
  for _, mark in ipairs(marks) do
    if removed < room then
      local count = remove_below(mark, room - removed)
      removed = removed + count
      for _, group in ipairs(groups) do
        if before(group.unread_from, mark) then group.unread = group.unread + count end
      end
    end
  end
  return removed
end

-- Counts what was pending between two ids and is gone now; what lies after a group's position has
-- been counted as unread.
local function count_pending(from, to, removed)
  for _, group in ipairs(groups) do
    if group.pending > 0 and before(group.needs, to) then
      local rows = redis.call('XPENDING', stream, group.name, from, '(' .. to, removed)
      for _, row in ipairs(rows) do
        if before(row[1], group.unread_from) then group.lost = group.lost + 1 end
      end
    end
  end
end

local function keep_account(removed, to)
  if removed > 0 then redis.call('HINCRBY', account, 'removed', removed) end
  for _, group in ipairs(groups) do
    local name = group.name
    if group.unread > 0 then
      redis.call('HINCRBY', account, 'unread:' .. name, group.unread)
      local last = redis.call('HGET', account, 'lost-to:' .. name)
      if not last or before(last, group.unread_from) then
        redis.call('HSET', account, 'lost-from:' .. name, group.unread_from)
      end
      redis.call('HSET', account, 'lost-to:' .. name, to)
    end
    if group.lost > 0 then redis.call('HINCRBY', account, 'pending:' .. name, group.lost) end
    -- What is removed below that, this very group had acknowledged.
    if removed > 0 and group.mark and group.mark ~= '' then
      redis.call('HSET', account, 'needs:' .. name, group.mark .. ' ' .. group.needs)
    end
  end
end

-- What no group needs.
local free, removed = '', 0
if policy == 'acknowledged' and #groups > 0 and not held then
  free = missing_needs or EVERYTHING
  for _, group in ipairs(groups) do
    if before(group.needs, free) then free = group.needs end
  end
  if not dry then removed = remove(free, most) end
end
local oldest = first_id()

-- What may go although some group needs it.
local cut, keep = '', 0
if policy == 'length' then
  cut, keep = EVERYTHING, tonumber(measure)
elseif policy == 'age' then
  cut = id_at(now - measure)
elseif policy == 'before' then
  cut = measure
else
  keep = tonumber(measure)
  for _, group in ipairs(groups) do watch(group) end
  if oldest and not held and removed < most and redis.call('XLEN', stream) > keep then
    local spared = missing_needs or EVERYTHING
    for _, group in ipairs(groups) do
      group.abandoned = is_abandoned(group, oldest)
      if group.abandoned then
        cut = EVERYTHING
      elseif before(group.needs, spared) then
        spared = group.needs
      end
    end
    if cut ~= '' then cut = spared end
  end
end
local room = math.min(most - removed, redis.call('XLEN', stream) - keep)
local to = oldest
if not dry and cut ~= '' and oldest and room > 0 and before(oldest, cut) then
  local count = remove(cut, room)
  to = first_id() or cut
  removed = removed + count
  if count > 0 then count_pending(oldest, to, count) end
end
if not dry then keep_account(removed, to) end

local rows = {}
for i, group in ipairs(groups) do
  local needs_oldest = to and not before(to, group.needs) and redis.call('XLEN', stream) > 0
  rows[i] = {
    group.name, group.unread, group.lost, group.abandoned and 1 or 0, needs_oldest and 1 or 0,
    group.delivered,
  }
end
return {removed, removed >= most and 1 or 0, redis.call('XLEN', stream), cut, keep, free, rows, found_lost}
