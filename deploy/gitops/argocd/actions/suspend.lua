-- Terminates the instance and keeps the GpuPod.
obj.spec.suspend = true
return obj
