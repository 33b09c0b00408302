"""Server-rendered pages: public list, the 办法's text, how to complain. They work without JavaScript."""
