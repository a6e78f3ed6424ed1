"""Forms: how scatter matrices and factors lie in memory, and the formulas that follow from it.

Structures say which covariances are allowed; a form says what is stored. Many structures share a form.
"""
