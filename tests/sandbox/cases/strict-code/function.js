// A comment first.
'use strict';
function onTrack() {
  try {
    undeclared = 1;
  } catch (error) {
    return error.name;
  }
}
