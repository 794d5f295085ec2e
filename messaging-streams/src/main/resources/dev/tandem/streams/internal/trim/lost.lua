-- Tells whether a group was lost a moment ago. Until its members have made it again and given back to
-- it what they know of, it needs more than can be seen, so nothing counts as acknowledged by all.

-- From where on a group needs everything, for who gives back to it what was pending has not finished;
-- and when that was begun. Nothing if there is no such note.
local function restoring(account, name)
  local first, at = string.match(
    noted(account, 'restoring:' .. name), '^(%S+) %S+ %S+ (%d+) %d+$')
  return first, tonumber(at)
end

-- The first id that groups need which do not exist, but had begun to be made again; or nil. A note that
-- nobody has come back to for so many ms is dropped.
local function needed_by_missing(account, groups, known, time, patience, dry)
  local exists, needed = {}, nil
  for _, group in ipairs(groups) do exists[group.name] = true end
  for field in pairs(known) do
    local name = string.match(field, '^restoring:(.*)$')
    if name and not exists[name] then
      local first, at = restoring(account, name)
      if first and math.abs(time - at) < patience then
        if not needed or before(first, needed) then needed = first end
      elseif not dry then
        redis.call('HDEL', account, field)
      end
    end
  end
  return needed
end

-- Compares the marks of the groups with those that the account remembers (as 'gone' once that was
-- seen), and remembers what it finds. Sets the mark of each group.
-- Result: whether a group was lost within so many ms; the names of those that are found lost now.
local function watch_marks(stream, groups, account, known, time, patience, dry)
  local function note(...)
    if dry then return end
    redis.call('HDEL', account, 'nothing') -- after any write, Redis allows more if it is out of memory
    redis.call('HSET', account, ...)
  end
  local marks, lost = {}, {}
  local lost_at = tonumber(known['lost-at'] or '-inf')
  for _, group in ipairs(groups) do
    group.mark = mark_of(stream, group.name)
    marks[group.name] = group.mark
    if group.mark ~= '' and not known['mark:' .. group.name] then
      note('mark:' .. group.name, group.mark)
    end
  end
  for field, mark in pairs(known) do
    local name = string.match(field, '^mark:(.*)$')
    local current = marks[name] or ''
    if name and current ~= mark then
      if mark ~= 'gone' then
        lost[#lost + 1] = name
        lost_at = time
        note('lost-at', string.format('%.0f', time))
      end
      if current ~= '' then
        note(field, current)
      elseif mark ~= 'gone' then
        note(field, 'gone')
      elseif math.abs(time - lost_at) >= patience and not dry then
        redis.call('HDEL', account, field)
      end
    end
  end
  return math.abs(time - lost_at) < patience, lost
end
