-- Which actions Argo CD offers for a GpuPod. The names say what they cost.

local isDeleting = obj.metadata.deletionTimestamp ~= nil
local isSuspended = obj.spec.suspend == true
local status = obj.status or {}

local isStalled = false
for _, condition in ipairs(status.conditions or {}) do
  if condition.type == "Stalled" and condition.status == "True" then
    isStalled = true
  end
end

return {
  ["suspend"] = {
    ["displayName"] = "Suspend: terminate the instance",
    ["disabled"] = isDeleting or isSuspended,
  },
  ["resume"] = {
    ["displayName"] = "Resume: rent an instance",
    ["disabled"] = isDeleting or not isSuspended,
  },
  ["reconcile"] = {
    ["displayName"] = "Reconcile: rent again after a stall",
    -- While an instance exists, the operator rents no other one.
    ["disabled"] = isDeleting or isSuspended or not isStalled or status.podId ~= nil,
  },
}
