import '@kubernetes/client-node';
