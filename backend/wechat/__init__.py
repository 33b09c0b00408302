"""WeChat at the edge: an asynchronous client over wechatpy, and the pushes that it sends to us."""
