"""What the video networks of Hugging Face's `transformers` share; one folder beside for each."""
