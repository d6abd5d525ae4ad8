//! A disk that is full: writing is refused in plain words, reading goes on, and room is enough to go on.
