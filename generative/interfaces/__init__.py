"""What a family of models is and is asked: critics, generative models, and the rows they see."""
