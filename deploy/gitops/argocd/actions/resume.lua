-- Rents an instance again.
obj.spec.suspend = false
return obj
