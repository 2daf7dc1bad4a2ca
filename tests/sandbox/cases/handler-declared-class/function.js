class onTrack {}
