function onRequest() { return typeof exports; }
