"""演示数据: the demonstration district and the tour. Nothing here runs in production."""
