"""The Streamlit pages: sign-in, annotation, adjudication, batches. They ask the stages and draw; they decide nothing."""
