-- Which actions Argo CD offers for a GpuPod. The names say what they cost.

local isDeleting = obj.metadata.deletionTimestamp ~= nil
local isSuspended = obj.spec.suspend == true

local isStalled = false
for _, condition in ipairs((obj.status or {}).conditions or {}) do
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
    ["disabled"] = isDeleting or isSuspended or not isStalled,
  },
}
