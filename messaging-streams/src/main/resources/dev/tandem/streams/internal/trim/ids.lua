-- Arithmetic on entry ids, which are texts here: Lua's numbers are too small for them.

local LARGEST = '18446744073709551615'

local function parts(id)
  return string.match(id, '^(%d+)%-?(%d*)$')
end

-- Whether one id lies before another.
local function before(a, b)
  local a_time, a_number = parts(a)
  local b_time, b_number = parts(b)
  if #a_time ~= #b_time then return #a_time < #b_time end
  if a_time ~= b_time then return a_time < b_time end
  if #a_number ~= #b_number then return #a_number < #b_number end
  return a_number < b_number
end

local function plus_one(digits)
  local head, nines = string.match(digits, '^(.-)(9*)$')
  if head == '' then return '1' .. string.rep('0', #nines) end
  return string.sub(head, 1, -2) .. (string.sub(head, -1) + 1) .. string.rep('0', #nines)
end

-- The id that comes right after another; the last one is its own.
local function after(id)
  local time, number = parts(id)
  if number ~= LARGEST then return time .. '-' .. plus_one(number) end
  return time == LARGEST and id or plus_one(time) .. '-0'
end
