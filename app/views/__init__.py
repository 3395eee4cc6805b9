"""The Streamlit pages: annotation, adjudication, batches. They ask the stages and draw; they decide nothing."""
