"""Looking inside a network: answers to the questions of ``cnn_tui.look.messages``.

source   a run's pictures, and its weights at any moment
trace    what every layer makes of a picture
explain  how one value comes about (parts: by the kind of the layer)
excite   channels: which are dead, and what the others look for
regard   pictures: what they are taken for, and why
answers  from questions to answers; python -m cnn_tui.engine.look gives them over a pipe
"""
