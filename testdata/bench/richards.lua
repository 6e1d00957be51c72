-- bench: group=calls small=10 tiny=1
-- An operating system kernel in the small: tasks with queues, dispatched by priority (after Richards).
local rounds = tonumber(arg[1]) or 100

local IDLE, WORKER, HANDLER_A, HANDLER_B, DEVICE_A, DEVICE_B = 1, 2, 3, 4, 5, 6
local DEVICE_PACKET, WORK_PACKET = 0, 1
local DATA_SIZE = 4

local Packet = {}
Packet.__index = Packet

function Packet.new(link, id, kind)
  local data = {}
  for i = 1, DATA_SIZE do data[i] = 0 end
  return setmetatable({ link = link, id = id, kind = kind, datum = 1, data = data }, Packet)
end

function Packet:append_to(queue)
  self.link = nil
  if queue == nil then return self end
  local last = queue
  while last.link do last = last.link end
  last.link = self
  return queue
end

local Task = {}
Task.__index = Task

function Task:check_priority_add(task, packet)
  if self.queue == nil then
    self.queue = packet
    self.packet_pending = true
    if self.priority > task.priority then return self end
  else
    self.queue = packet:append_to(self.queue)
  end
  return task
end

function Task:is_held_or_suspended()
  return self.held or (not self.packet_pending and self.waiting)
end

local Scheduler = {}
Scheduler.__index = Scheduler

function Scheduler.new()
  return setmetatable({ queued = 0, held = 0, tasks = {}, list = nil, current = nil }, Scheduler)
end

function Scheduler:add(id, priority, queue, waiting, handler)
  local task = setmetatable({
    id = id,
    priority = priority,
    queue = queue,
    link = self.list,
    held = false,
    waiting = waiting,
    packet_pending = queue ~= nil,
    scheduler = self,
    run = handler.run,
    handler = handler,
  }, Task)
  self.list = task
  self.tasks[id] = task
  return task
end

function Scheduler:release(id)
  local task = self.tasks[id]
  task.held = false
  if task.priority > self.current.priority then return task end
  return self.current
end

function Scheduler:hold()
  self.held = self.held + 1
  self.current.held = true
  return self.current.link
end

function Scheduler:suspend()
  self.current.waiting = true
  return self.current
end

function Scheduler:queue(packet)
  local task = self.tasks[packet.id]
  self.queued = self.queued + 1
  packet.link = nil
  packet.id = self.current.id
  return task:check_priority_add(self.current, packet)
end

function Scheduler:schedule()
  self.current = self.list
  while self.current do
    local task = self.current
    if task:is_held_or_suspended() then
      self.current = task.link
    else
      local packet
      if task.packet_pending and task.waiting then
        packet = task.queue
        task.queue = packet.link
        task.waiting = false
        task.packet_pending = task.queue ~= nil
      end
      self.current = task.handler:run(self, packet)
    end
  end
end

local Idle = {}
Idle.__index = Idle

function Idle:run(scheduler)
  self.count = self.count - 1
  if self.count == 0 then return scheduler:hold() end
  if self.control % 2 == 0 then
    self.control = self.control / 2
    return scheduler:release(DEVICE_A)
  end
  self.control = (self.control - 1) / 2 + 26000
  return scheduler:release(DEVICE_B)
end

local Worker = {}
Worker.__index = Worker

function Worker:run(scheduler, packet)
  if not packet then return scheduler:suspend() end
  self.destination = self.destination == HANDLER_A and HANDLER_B or HANDLER_A
  packet.id = self.destination
  packet.datum = 1
  for i = 1, DATA_SIZE do
    self.last = self.last + 1
    if self.last > 26 then self.last = 1 end
    packet.data[i] = 64 + self.last
  end
  return scheduler:queue(packet)
end

local Handler = {}
Handler.__index = Handler

function Handler:run(scheduler, packet)
  if packet then
    if packet.kind == WORK_PACKET then
      self.work = packet:append_to(self.work)
    else
      self.devices = packet:append_to(self.devices)
    end
  end
  local work = self.work
  if work then
    local count = work.datum
    if count > DATA_SIZE then
      self.work = work.link
      return scheduler:queue(work)
    end
    local device = self.devices
    if device then
      self.devices = device.link
      device.datum = work.data[count]
      work.datum = count + 1
      return scheduler:queue(device)
    end
  end
  return scheduler:suspend()
end

local Device = {}
Device.__index = Device

function Device:run(scheduler, packet)
  if packet then
    self.pending = packet
    return scheduler:hold()
  end
  local pending = self.pending
  if pending then
    self.pending = nil
    return scheduler:queue(pending)
  end
  return scheduler:suspend()
end

local function simulate()
  local scheduler = Scheduler.new()
  local idle = setmetatable({ control = 1, count = 10000 }, Idle)
  local worker = setmetatable({ destination = HANDLER_A, last = 0 }, Worker)

  scheduler:add(IDLE, 0, nil, false, idle)

  local queue = Packet.new(nil, WORKER, WORK_PACKET)
  queue = Packet.new(queue, WORKER, WORK_PACKET)
  scheduler:add(WORKER, 1000, queue, true, worker)

  for _, pair in ipairs({ { HANDLER_A, DEVICE_A, 2000 }, { HANDLER_B, DEVICE_B, 3000 } }) do
    local packets = nil
    for _ = 1, 3 do packets = Packet.new(packets, pair[2], DEVICE_PACKET) end
    scheduler:add(pair[1], pair[3], packets, true, setmetatable({}, Handler))
  end

  scheduler:add(DEVICE_A, 4000, nil, true, setmetatable({}, Device))
  scheduler:add(DEVICE_B, 5000, nil, true, setmetatable({}, Device))
  scheduler:schedule()
  return scheduler.queued, scheduler.held
end

local queued, held = 0, 0
for _ = 1, rounds do
  local q, h = simulate()
  queued, held = queued + q, held + h
end
local result = string.format("%d %d", queued, held)

local expected = { [100] = "2351600 940500", [10] = "235160 94050", [1] = "23516 9405" }
assert(result == (expected[rounds] or result), "wrong result: " .. result)
print(result)
