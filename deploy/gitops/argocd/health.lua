-- Health of a GpuPod for Argo CD. The same verdict as kstatus, except that a suspended or paused GpuPod is Suspended:
-- somebody wanted that, and it lasts until they change it. Argo CD runs Lua 5.1 without the string library.

local status = obj.status or {}

-- The condition of this type that describes the present spec.
local function current(wanted)
  for _, condition in ipairs(status.conditions or {}) do
    if condition.type == wanted and condition.observedGeneration == obj.metadata.generation then
      return condition
    end
  end
  return { status = "Absent", reason = "Absent", message = "The operator has not acted on this GpuPod yet." }
end

local ready = current("Ready")
local synced = current("Synced")
local stalled = current("Stalled")
local reconciling = current("Reconciling")

local function health(verdict, condition)
  return { status = verdict, message = condition.message }
end

if obj.metadata.deletionTimestamp ~= nil then
  return health("Progressing", ready)
end
-- The operator needs a person. It says so even where it has not acted on the spec, for example for a wrong API key.
if stalled.status == "True" then
  return health("Degraded", stalled)
end
if synced.reason == "Paused" then
  return health("Suspended", synced)
end
if status.observedGeneration ~= obj.metadata.generation then
  return { status = "Progressing", message = "The operator has not acted on the present spec yet." }
end
if ready.reason == "Suspended" then
  return health("Suspended", ready)
end
if ready.status ~= "True" then
  return health("Progressing", ready)
end
-- The instance was ready, and the operator cannot confirm it at the moment.
if reconciling.status == "True" then
  return health("Progressing", reconciling)
end
return health("Healthy", ready)
