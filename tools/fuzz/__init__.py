"""Fuzzing of every loader and every command: ``python -m tools.fuzz --inputs 10000 --seed 1``.

An input is files, and commands that read them; it is made from its seed and number alone, so that it
can be made again. ``seeds`` makes the real-shaped files, ``damage`` changes their bytes,
``tables``, ``shapes`` and ``records`` change what they hold, ``foreign`` gives a content another name,
``lines`` writes command lines, ``circumstances`` is what happens meanwhile, ``trial`` runs an input,
``verdicts`` and ``values`` judge it, ``pool`` runs trials in processes that can be killed.
"""
