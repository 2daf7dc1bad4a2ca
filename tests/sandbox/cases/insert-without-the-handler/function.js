function onPage(event) { return event; }
