"""What mail needs beyond tickets: its senders, its reports, its routes, and the letters that go out."""
