"""A WeChat platform for tests and for the local run: the wire protocol, phones, inboxes, faults.

Another company's system as far as the service is concerned: it imports nothing of the service, nor wechatpy.
"""
