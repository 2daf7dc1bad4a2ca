const answer = await fetch('https://api.example/');
